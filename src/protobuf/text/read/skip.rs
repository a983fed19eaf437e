//! Skipping the value of a field whose name is reserved, which has no type: anything that can be a value is accepted.

use super::lexer::{Token, shown};
use super::{Parser, Result, SyntaxError, names};
use crate::protobuf::MAX_DEPTH;

impl Parser<'_, '_> {
    /// What follows a field's name.
    pub(super) fn skip_value(&mut self) -> Result {
        let has_colon = self.eat(':')?;
        match self.token {
            Token::Symbol('[') => {
                self.advance()?;
                if self.eat(']')? {
                    return Ok(());
                }
                loop {
                    self.skip_element()?;
                    if self.eat(']')? {
                        return Ok(());
                    }
                    if !self.eat(',')? {
                        return Err(self.expected("\",\" or \"]\""));
                    }
                }
            }
            Token::Symbol('{' | '<') => self.skip_element(),
            _ if has_colon => self.skip_element(),
            _ => Err(self.expected("\":\" or \"{\"")),
        }
    }

    fn skip_element(&mut self) -> Result {
        match self.token {
            Token::Symbol('{') => self.skip_message('}'),
            Token::Symbol('<') => self.skip_message('>'),
            Token::String(_) => {
                while matches!(self.token, Token::String(_)) {
                    self.advance()?;
                }
                Ok(())
            }
            _ => {
                self.eat('-')?;
                match self.token {
                    Token::Name(_) | Token::Integer { .. } | Token::Float(_) => self.advance(),
                    _ => Err(self.expected("a value")),
                }
            }
        }
    }

    fn skip_message(&mut self, closing: char) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                self.start,
                "messages are nested too deeply",
            ));
        }
        self.advance()?;
        loop {
            match self.token {
                Token::Symbol(symbol) if symbol == closing => break,
                Token::Name(_) => {}
                Token::Symbol('[') => {
                    let name = self.lexer.bracketed()?;
                    names::check(&name).map_err(|why| SyntaxError::new(self.start, why))?;
                }
                _ => return Err(self.expected(&format!("a field name or {}", shown(closing)))),
            }
            self.advance()?;
            self.skip_value()?;
            if !self.eat(',')? {
                self.eat(';')?;
            }
        }
        self.depth -= 1;
        self.advance()
    }
}
